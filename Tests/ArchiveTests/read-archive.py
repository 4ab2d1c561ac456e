#!/usr/bin/env python3
"""Reads a hub's archive: checks all that docs/archive-format.md says of it, prints the messages.

    read-archive.py [--raw] FILE...

Written from that page alone, as a proof that it suffices. The files are of one hub and may be given
in any order; the first frame's "previous" is taken as it is unless its first index is 1. Messages go
to standard output as JSON Lines: parsed and written anew, or with --raw as they stand. At the end
"HUB FRAMES MESSAGES DIGEST" goes to standard error. Ends with 1, and says where, if anything is
wrong.
"""

import hashlib
import json
import re
import struct
import sys

import zstandard

NAME = re.compile(r"(\d{4}-\d\d-\d\d)-([A-Za-z0-9_-]{1,64}?)(?:\.([1-9]\d*))?\.jsonl\.zst$")
HEADER_MAGIC = 0x184D2A5C
DATA_MAGIC = 0xFD2FB528
MOST_RAW = 33_554_432
FRAME_RAW = 1_048_576
MEMBERS = ["index", "wid", "nth", "id", "topic", "created", "occurred", "replayOf", "key", "body"]
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TOPIC = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class Wrong(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Wrong(what)


class Chain:
    """What is known of the frames before."""

    def __init__(self):
        self.digest = None
        self.last = None
        self.created = ""
        self.nth = {}
        self.frames = 0
        self.messages = 0


def frames(content):
    """Offset, header text, data and all bytes of each frame."""
    offset = 0
    while offset < len(content):
        need(len(content) - offset >= 8, f"cut within the frame at byte {offset}")
        magic, count = struct.unpack_from("<II", content, offset)
        need(magic == HEADER_MAGIC, f"no header at byte {offset}")
        need(count <= 2048, f"a header of {count} bytes at byte {offset}")
        start = offset + 8 + count
        text = content[offset + 8 : start]
        need(len(text) == count, f"cut within the header at byte {offset}")
        try:
            header = json.loads(text.decode("utf-8"))
        except ValueError as error:
            raise Wrong(f"the header at byte {offset} is no JSON: {error}")
        need(header.get("format") == 1, f"format {header.get('format')} at byte {offset}")
        end = start + header["length"]
        need(end <= len(content), f"cut within the data at byte {start}")
        yield offset, header, content[start:end], content[offset:end]
        offset = end


def unpack(data, raw):
    """The data of a frame, which must be one frame of zstd of `raw` bytes with a checksum."""
    need(0 < raw <= MOST_RAW, f"raw is {raw}")
    need(struct.unpack_from("<I", data)[0] == DATA_MAGIC, "the data are not zstd")
    parameters = zstandard.get_frame_parameters(data)
    need(parameters.content_size == raw, "content size and raw differ")
    need(parameters.has_checksum and parameters.dict_id == 0, "no checksum, or a dictionary")
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    lines = unpacker.decompress(data)
    need(unpacker.eof and not unpacker.unused_data, "the data are not one frame")
    need(len(lines) == raw, "the data unpack to another size than raw")
    return lines


def check_line(line, message, index, chain, day):
    """One message: its members, their order and form, and that it follows the one before."""
    names = [name for name in MEMBERS if name != "replayOf" or name in message]
    need(list(message) == names, f"members {list(message)}")
    need(message["index"] == index, f"index {message['index']} where {index} is due")
    wid, nth = message["wid"], message["nth"]
    need(nth == chain.nth.get(wid, nth - 1) + 1, f"number {nth} of wid {wid}")
    need(nth >= 1 and wid >= 0, "numbers")
    need(UUID7.fullmatch(message["id"]), "id")
    need(TOPIC.fullmatch(message["topic"]), "topic")
    created, occurred = message["created"], message["occurred"]
    need(TIME.fullmatch(created) and created >= chain.created, "created")
    need(created[:10] == day, "another day's")
    need(occurred is None or TIME.fullmatch(occurred), "occurred")
    if "replayOf" in message:
        need(list(message["replayOf"]) == ["id", "index"], "replayOf")
    need(message["key"] is None or isinstance(message["key"], str), "key")
    start = b'{"index":%d,"wid":%d,"nth":%d,"id":"' % (index, wid, nth)
    need(line.startswith(start) and line.endswith(b"}"), "form")
    chain.nth[wid], chain.created = nth, created


def read_file(path, chain, hub, raw, output):
    name = NAME.search(path.rsplit("/", 1)[-1])
    day = name.group(1)
    with open(path, "rb") as file:
        content = file.read()
    for offset, header, data, whole in frames(content):
        first, last = header["first"], header["last"]
        try:
            need(header["hub"] == hub, f"of the hub {header['hub']}")
            previous = bytes.fromhex(header["previous"])
            if chain.digest is None and first == 1:
                chain.digest = bytes(32)
            need(chain.digest in (None, previous), "the chain is broken")
            need(chain.last is None or first == chain.last + 1, f"it follows {chain.last}")
            lines = unpack(data, header["raw"])
            need(lines.endswith(b"\n"), "the last line has no end")
            lines = lines[:-1].split(b"\n")
            need(len(lines) == last - first + 1, f"{len(lines)} lines")
            need(header["raw"] <= FRAME_RAW or len(lines) == 1, "too large")
            ids = []
            for place, line in enumerate(lines):
                message = json.loads(line.decode("utf-8"))
                check_line(line, message, first + place, chain, day)
                ids.append(message["id"])
                if place == 0:
                    need(message["created"] == header["from"], "from")
                output(line if raw else json.dumps(message, ensure_ascii=False).encode("utf-8"))
            need(chain.created == header["to"], "to")
            for member in ("leastId", "greatestId"):
                need(header[member] is None or header[member] in ids, member)
        except (Wrong, ValueError, KeyError, zstandard.ZstdError, struct.error) as error:
            end = offset + len(whole) - 1
            raise Wrong(f"messages {first} to {last}, bytes {offset} to {end}: {error}")
        chain.digest = hashlib.sha256(previous + whole).digest()
        chain.last = last
        chain.frames += 1
        chain.messages += len(lines)


def order(path):
    """Day and part of a file."""
    name = NAME.search(path.rsplit("/", 1)[-1])
    if not name:
        sys.exit(f"{path}: no archive file's name")
    return name.group(1), int(name.group(3) or 1)


def main(arguments):
    raw = "--raw" in arguments
    paths = sorted((path for path in arguments if path != "--raw"), key=order)
    if not paths:
        sys.exit(__doc__)
    hub = NAME.search(paths[0].rsplit("/", 1)[-1]).group(2)
    chain = Chain()
    for path in paths:
        try:
            read_file(
                path, chain, hub, raw, lambda line: sys.stdout.buffer.write(line + b"\n"))
        except (Wrong, OSError) as error:
            sys.stdout.flush()
            sys.exit(f"{path}: {error}")
    digest = chain.digest.hex() if chain.digest else "-"
    print(hub, chain.frames, chain.messages, digest, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
