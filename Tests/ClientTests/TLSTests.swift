import Foundation
import MessageCenterClient
import TestSupport
import Testing

@Suite("TLS", .serialized, .enabled(if: TLSServer.canRun))
struct TLSTests {
    @Test(
        "A server of a private authority is trusted where that is named, and asks for a certificate"
    )
    func both() async throws {
        let server = try TLSServer()
        let sender = try HTTPSender(
            base: server.url,
            options: HTTPOptions(
                certificateAuthority: server.file("ca.pem"),
                clientCertificate: server.file("client.pem"),
                clientKey: server.file("client.key")))
        let answer = try await sender.perform(HTTPRequest("GET", "/"))
        #expect(answer.status == 200)
        // The server's page tells whom it saw.
        let page = String(decoding: answer.body, as: UTF8.self).replacing(" ", with: "")
        #expect(page.contains("Subject:CN=shop"))
    }

    @Test("A server that nobody vouches for is refused")
    func untrusted() async throws {
        let server = try TLSServer()
        let sender = try HTTPSender(base: server.url)
        let failure = await #expect(throws: TransportFailure.self) {
            try await sender.perform(HTTPRequest("GET", "/"))
        }
        #expect(failure?.reason == .insecure && failure?.isPassing == false)
    }

    @Test("Without the certificate it asks for, a server gives no answer")
    func withoutCertificate() async throws {
        let server = try TLSServer()
        let sender = try HTTPSender(
            base: server.url, options: HTTPOptions(certificateAuthority: server.file("ca.pem")))
        await #expect(throws: TransportFailure.self) {
            try await sender.perform(HTTPRequest("GET", "/"))
        }
    }

    @Test("A publisher tells an untrusted hub at once, and keeps the message where it has a spool")
    func publisher() async throws {
        let server = try TLSServer()
        let publisher = try MessagePublisher(url: server.url, wid: 1, settings: .quick)
        let result = await publisher.publish(topic: "A_B", body: 1)
        #expect(result.code == PublishCode.unusable)
        var settings = PublishSettings.quick
        settings.spool = SpoolSettings(
            folder: server.folder.path + "/spool", patience: .milliseconds(50))
        let patient = try MessagePublisher(url: server.url, wid: 1, settings: settings)
        #expect(await patient.publish(topic: "A_B", body: 1).isSuccess)
        await patient.close()
    }
}
