import TestSupport
import Testing
import Wire

@Suite struct FirstPublishTests {
    @Test("What is published is pulled, in order, by the warehouses it is for")
    func publishAndPull() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        #expect(try client.publish(wid: 0, key: "a", body: ["n": 1]).status == 201)
        #expect(try client.publish(wid: 7, key: "b", body: ["n": 2]).status == 201)
        #expect(try client.publish(wid: 8, key: "c", body: ["n": 3]).status == 201)
        let page = try client.pull(7)
        #expect(page.status == 200)
        #expect(page["messages"].elements?.map { $0["index"]?.integer } == [1, 2])
        #expect(page["messages"].elements?.map { $0["ordinal"]?.integer } == [1, 2])
        #expect(page["next"].integer == 3)
        #expect(page["count"]["to"]?.integer == 2)
    }
}
