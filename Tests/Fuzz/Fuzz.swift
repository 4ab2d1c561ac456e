// The entry that libFuzzer calls, compiled by `run` together with what is fuzzed and with its
// properties. FUZZ_TARGET in the environment names the property.
import Glibc

#if FUZZING_HUB
private typealias Properties = OptionFuzzProperties
#elseif FUZZING_TLS
private typealias Properties = TLSFuzzProperties
#else
private typealias Properties = FuzzProperties
#endif

private let property: Properties.Property = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    if name == "canary" { return canary }
    guard let target = Properties.all.first(where: { $0.name == name }) else {
        fatalError("FUZZ_TARGET must name a property or the canary")
    }
    return target.holds
}()

/// Fails on purpose, behind a few comparisons that blind guessing does not get past in time: if
/// the fuzzer does not find it, the fuzzer is broken.
@Sendable
private func canary(_ bytes: [UInt8]) -> String? {
    guard bytes.count > 3, bytes[0] == 0x68, bytes[1] == 0x75, bytes[2] == 0x62 else { return nil }
    return bytes[3] == 0x21 ? "the planted bug" : nil
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    if let broken = property(bytes) { fatalError(broken) }
    return 0
}
