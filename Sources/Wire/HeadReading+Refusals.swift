/// What is refused in a head, in the words for its sender.
extension HeadReading {
    static let targetTooLong = RequestFailure(
        414, "The request target is too long: shorten the query or send it in a body.")
    static let badRequestLine = RequestFailure(
        400, "The request line is malformed: send 'METHOD target HTTP/1.1', one space between.")
    static let otherVersion = RequestFailure(
        505, "Only HTTP/1.1 and HTTP/1.0 are spoken here: send the request in one of them.")
    static let badTargetByte = RequestFailure(
        400, "The target holds a character that must be percent-encoded, or a fragment.")
    static let badTarget = RequestFailure(
        400, "The target must be a path that begins with '/', or an http:// address.")
    static let tooManyFields = RequestFailure(
        431, "The request has too many header fields: send fewer.")
    static let noColon = RequestFailure(
        400, "A header line has no colon: send 'Name: value'.")
    static let foldedLine = RequestFailure(
        400, "A header line begins with a blank: send each field on one line.")
    static let emptyName = RequestFailure(
        400, "A header field has no name: send 'Name: value'.")
    static let badName = RequestFailure(
        400, "A header field's name holds a character that names may not have.")
    static let blankInName = RequestFailure(
        400, "A header field's name holds a blank: the colon must follow the name at once.")
    static let noHost = RequestFailure(
        400, "HTTP/1.1 requires a Host field: send one.")
    static let twoHosts = RequestFailure(
        400, "The request has two Host fields: send one.")
    static let badHost = RequestFailure(
        400, "The Host field is malformed: send 'host' or 'host:port'.")
    static let twoContentLengths = RequestFailure(
        400, "The request has two Content-Length fields: send one.")
    static let badContentLength = RequestFailure(
        400, "Content-Length must be one number, of digits only.")
    static let badTransferEncoding = RequestFailure(
        400, "Transfer-Encoding must be 'chunked', once.")
    static let unknownTransferEncoding = RequestFailure(
        501, "This Transfer-Encoding is not known here: send 'chunked', or a Content-Length.")
    static let chunkedInOldVersion = RequestFailure(
        400, "HTTP/1.0 has no Transfer-Encoding: send a Content-Length.")
    static let twoLengths = RequestFailure(
        400, "The request has both Content-Length and Transfer-Encoding: send one of them.")
    static let twoOrigins = RequestFailure(
        400, "The request has two Origin fields: send one.")
    static let twoAuthorizations = RequestFailure(
        400, "The request has two Authorization fields: send one.")
    static let twoContentTypes = RequestFailure(
        400, "The request has two Content-Type fields: send one.")
}
