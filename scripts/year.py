"""The year of scripts/bench: a clock that can be set, the messages of a shop day after day, and a
warehouse that comes back and counts what it gets."""
import bisect
import contextlib
import gzip
import http.client
import itertools
import json
import mmap
import os
import random
import re
import sqlite3
import struct
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DAY = 86_400


class ShiftedClock:
    """The time of day of a program that is started with `environment`, set from here."""

    def __init__(self, folder):
        library, path = folder + "/clock.so", folder + "/clock"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", ROOT + "/Tests/Benchmarks/clock.c", "-o",
                        library, "-ldl"], check=True)
        with open(path, "wb") as file:
            file.write(bytes(8))
        with open(path, "r+b") as file:
            self.shift = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": library, "SHIFTED_CLOCK": path}

    def set(self, seconds):
        """From now on it is so many seconds since 1970."""
        self.now = seconds
        self.shift[:] = struct.pack("=q", int((seconds - time.time()) * 1000))


class Client:
    """One kept connection to a hub; anew where it idled for so long that the hub closes it."""
    KEPT = 5

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.used = 0

    def post(self, path, body):
        if time.monotonic() - self.used > self.KEPT:
            self.connection.close()
        self.connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        self.used = time.monotonic()
        if answer.status >= 300:
            raise SystemExit(f"{path}: {answer.status} {content[:500]}")
        return content


class Messages:
    """Messages like a shop's: a tenth are for every warehouse, the rest for one of 200, of which
    the first has two hundred times as many as the last (Zipf's law). Topics, keys and bodies are
    those of `events`, in their order, and then from the beginning again.

    Product changes are what every warehouse gets, orders are for one. Ids are the publisher's.
    """
    WAREHOUSES, FOR_ALL = 200, 0.1

    def __init__(self, events):
        self.products = self.endless(event for event in events if event["wid"] == 0)
        self.orders = self.endless(event for event in events if event["wid"] != 0)
        weights = [1 / rank for rank in range(1, self.WAREHOUSES + 1)]
        share = self.FOR_ALL / (1 - self.FOR_ALL) * sum(weights)
        self.sums = list(itertools.accumulate([share] + weights))
        self.random = random.Random(20_261_120)
        self.count = 0
        # The line of the last warehouse: the indexes of its messages.
        self.line = []

    @staticmethod
    def endless(events):
        """Pairs of what stands before and behind an event's wid in a request."""
        return itertools.cycle([
            (f'"topic":{json.dumps(event["topic"])},"wid":',
             f',"key":{json.dumps(event["key"])},'
             f'"body":{json.dumps(event["body"], ensure_ascii=False, separators=(",", ":"))}}}')
            for event in events])

    def batch(self, count, seconds):
        """The next messages as a request, published so many seconds since 1970."""
        milliseconds = int(seconds * 1000)
        prefix = f'{{"id":"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7'
        parts = []
        for number in range(count):
            drawn = self.random.random()
            wid = bisect.bisect_left(self.sums, drawn * self.sums[-1])
            before, behind = next(self.orders if wid else self.products)
            self.count += 1
            if wid in (0, self.WAREHOUSES):
                self.line.append(self.count)
            parts.append(f'{prefix}{number:03x}-8000-{self.count:012x}",{before}{wid}{behind}')
        return ("[" + ",".join(parts) + "]").encode()


class Line:
    """What a new warehouse gets, page by page as it comes."""

    def __init__(self, client, wid):
        self.client, self.path = client, f"/v1/warehouses/{wid}/pull"
        self.pages, self.next = [], 0

    def pull(self, through=1 << 53):
        """Pulls, and commits each page with the next pull, until that index or the line's end;
        returns seconds."""
        began, self.more = time.monotonic(), True
        while self.more and self.next < through:
            page = self.client.post(self.path, b'{"limit":1000,"commit":%d}' % self.next)
            end = re.match(rb'"next":(\d+),"more":(\w+)', page[page.rindex(b'"next":'):])
            self.next, self.more = int(end[1]), end[2] == b"true"
            self.pages.append(page)
        return time.monotonic() - began

    def messages(self):
        """Pairs of ordinal and index."""
        return [(message["ordinal"], message["index"])
                for page in self.pages for message in json.loads(page)["messages"]]


class Moving:
    """How many messages left the store meanwhile, and in how long."""

    def __init__(self):
        self.messages, self.seconds = 0, 0

    @property
    def rate(self):
        return self.messages / self.seconds

    @contextlib.contextmanager
    def measured(self, hub):
        before, began = hub.metric("message_center_border"), time.monotonic()
        yield
        self.messages += hub.metric("message_center_border") - before
        self.seconds += time.monotonic() - began


class PassingYear:
    """365 days, which end today, of `count` messages in all, at a hub that keeps 7 days.

    The clock goes on by a batch's share of the day with each batch, so messages spread over their
    day. After a week's worth nothing is published until all but two days' of what is due has moved
    and its rows are deleted: the store never holds much more than a fortnight.
    """

    def __init__(self, hub, clock, messages, count):
        self.hub, self.clock, self.messages = hub, clock, messages
        self.client = Client(hub.port)
        self.begin = (int(time.time()) // DAY - 365) * DAY
        self.ends = [count * (day + 1) // 365 for day in range(365)]
        self.alone, self.beside = Moving(), Moving()
        # After some days: the bytes of the store's file, and those in it of the archive's catalogue,
        # which has a row for each frame.
        self.sizes, self.catalogues = {}, {}
        clock.set(self.begin)

    def run(self, say):
        self.client.post("/v1/messages", b'{"topic":"Product_Changed","wid":1,"key":"lost",'
                         b'"body":{"Name":"needle"}}')
        self.messages.count = 1
        for week in range(0, 365, 7):
            through = min(week + 7, 365)
            with self.beside.measured(self.hub):
                for day in range(week, through):
                    self.publish(day)
            with self.alone.measured(self.hub):
                self.wait(lambda: self.border >= self.due(through - 2))
            self.wait(lambda: self.garbage == 0)
            if through % 28 == 0:
                self.measure(through)
                say(f"day {through}: {self.border:,} of {self.messages.count:,} messages in the "
                    f"archive, {self.sizes[through]:,} bytes in the store's file")
        # An hour past the last midnight, of which no message is, no frame waits for more.
        self.clock.set(self.begin + 365 * DAY + 3600)
        self.wait(lambda: self.border == self.due(365) and self.garbage == 0)

    def measure(self, day):
        path = self.hub.data + "/hub.db"
        self.sizes[day] = os.path.getsize(path)
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            self.catalogues[day], = store.execute(
                "SELECT sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) "
                "WHERE tbl_name='frames' AND aggregate=1").fetchone()

    def publish(self, day):
        count = self.ends[day] - self.messages.count
        parts = -(-count // 1000)
        for part in range(parts):
            self.clock.set(self.begin + (day + (part + 0.5) / parts) * DAY)
            size = count * (part + 1) // parts - count * part // parts
            self.client.post("/v1/messages/batch", self.messages.batch(size, self.clock.now))

    def due(self, days):
        """The newest message that is older than 7 days when so many have gone by."""
        return self.ends[days - 8] if days > 7 else 0

    @property
    def border(self):
        return int(self.hub.metric("message_center_border"))

    @property
    def garbage(self):
        return self.hub.metric("message_center_store_garbage_messages")

    @staticmethod
    def wait(condition):
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > 120:
                raise SystemExit("the messages do not leave the store")
            time.sleep(0.02)


def real_events():
    """The events that lie beside the project where it is developed; none where they do not."""
    path = os.environ.get("MESSAGE_CENTER_REAL_INPUT",
                          ROOT + "/../shared/data/online-retail-2010-12.events.jsonl.gz")
    if not os.path.exists(path):
        return []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
