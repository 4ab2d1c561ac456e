/// The settings of TLS.
extension Settings {
    static let tls: [Setting] = [
        file("tls-certificate", "speak TLS, with the certificate chain in this PEM file") {
            $1.certificate = $0
        },
        file("tls-key", "the PEM file of the certificate's private key, without a passphrase") {
            $1.key = $0
        },
        file(
            "tls-client-authority",
            "ask clients for a certificate that one in this PEM file vouches for; the name "
                + "warehouse-105 in it stands for that warehouse"
        ) {
            $1.clientAuthorities = $0
        },
    ]

    private static func file(
        _ name: String, _ help: String, _ set: @escaping @Sendable (String, inout TLSFiles) -> Void
    ) -> Setting {
        Setting(
            name: name, placeholder: "FILE", help: help, standard: "none", isDescribed: true
        ) { text, configuration in
            guard !text.isEmpty else { return "must name a file" }
            var files = configuration.tls ?? TLSFiles(certificate: "", key: "")
            set(text, &files)
            configuration.tls = files
            return nil
        }
    }

    /// Certificate and key go together, and all else of TLS goes with them.
    static func mistake(in files: TLSFiles) -> String? {
        if files.certificate.isEmpty {
            return "--tls-certificate is missing: it goes with --tls-key and --tls-client-authority"
        }
        return files.key.isEmpty ? "--tls-key is missing: it goes with --tls-certificate" : nil
    }
}
