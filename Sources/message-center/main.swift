import Glibc
import Platform

StandardFiles.open()
exit(
    Program.run(Array(CommandLine.arguments.dropFirst()), environment: Program.environment).rawValue
)
