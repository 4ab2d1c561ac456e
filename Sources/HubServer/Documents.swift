/// The files that the hub serves, built into the program so that it is whole by itself.
enum Documents {
    static let openAPI = PackageResources.openapi_yaml
    static let page = PackageResources.index_html
}
