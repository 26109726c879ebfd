// The bytes of each structure, by field; the kernel's headers that they follow are named beside each structure's code.
import { expect, test } from "vitest";

import { hexFields } from "../../../test/kit/hex-fields.ts";
import { writeMemfd } from "../handlers/memfd-ser.ts";
import { decodeText, encodeText, FieldReader } from "../kho/fields.ts";
import { writeBlockChain } from "../kho/block-chain.ts";
import { writeKexecMetadata } from "../kho/kexec-metadata.ts";
import { createBumpAllocator, PageStore } from "../kho/memory.ts";
import { MetadataWriter } from "../kho/metadata-pages.ts";
import { writeVmalloc } from "../kho/vmalloc.ts";
import { fileLayout, writeFile } from "../luo/file-ser.ts";
import { writeFlbs } from "../luo/flb-ser.ts";
import { writeLuoBlob } from "../luo/luo-blob.ts";
import { sessionLayout, writeSession } from "../luo/session-ser.ts";

const start = 0x1_0000_0000;
const createWriter = (): MetadataWriter => new MetadataWriter(new PageStore(), createBumpAllocator(start));
const page = (): Uint8Array => new Uint8Array(4096);

test("[KHO-16] struct kho_kexec_metadata, 73 bytes", () => {
  const bytes = page();
  writeKexecMetadata(bytes, { previousRelease: "7.3.4", kexecCount: 2 });
  expect(
    hexFields(bytes, [
      ["version", 4],
      ["previous_release", 65],
      ["kexec_count", 4],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  version              01 00 00 00
    0004  previous_release     37 2e 33 2e 34 00*60
    0045  kexec_count          02 00 00 00"
  `);
});

test("[LUO-10] struct luo_ser, 32 bytes", () => {
  const bytes = page();
  writeLuoBlob(bytes, { liveupdateNumber: 3, sessionsAddress: 0x1_2345_6000, flbsAddress: 0x1_008b_7000 });
  expect(
    hexFields(bytes, [
      ["compatible", 8],
      ["liveupdate_num", 8],
      ["sessions_pa", 8],
      ["flbs_pa", 8],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  compatible           6c 75 6f 2d 76 35 00 00
    0008  liveupdate_num       03 00 00 00 00 00 00 00
    0010  sessions_pa          00 60 45 23 01 00 00 00
    0018  flbs_pa              00 70 8b 00 01 00 00 00"
  `);
});

test("[KHO-14] [LUO-01] [LUO-11] struct kho_block_header_ser and struct luo_session_ser, 52 sessions in two blocks", () => {
  const writer = createWriter();
  const entries = Array.from({ length: 52 }, (_, index) => ({
    name: `vm-${index}`,
    filesAddress: 0xa000,
    fileCount: 3,
  }));
  const head = writeBlockChain(
    writer,
    sessionLayout,
    entries.map((session) => (fields) => writeSession(fields, session)),
  );
  expect(head).toBe(start);
  const layout = [
    ["next", 8],
    ["count", 8],
    ["name", 64],
    ["files", 8],
    ["file count", 8],
  ] as const;
  expect(hexFields(writer.store.page(start)!, layout)).toMatchInlineSnapshot(`
    "0000  next                 00 10 00 00 01 00 00 00
    0008  count                33 00 00 00 00 00 00 00
    0010  name                 76 6d 2d 30 00*60
    0050  files                00 a0 00 00 00 00 00 00
    0058  file count           03 00 00 00 00 00 00 00"
  `);
  expect(hexFields(writer.store.page(start + 4096)!, layout)).toMatchInlineSnapshot(`
    "0000  next                 00 00 00 00 00 00 00 00
    0008  count                01 00 00 00 00 00 00 00
    0010  name                 76 6d 2d 35 31 00*59
    0050  files                00 a0 00 00 00 00 00 00
    0058  file count           03 00 00 00 00 00 00 00"
  `);
  // 51 entries of 80 bytes fill a block to the byte.
  expect(decodeText(writer.store.page(start)!.subarray(16 + 50 * 80, 16 + 50 * 80 + 5))).toBe("vm-50");
});

test("[LUO-02] [LUO-12] struct luo_file_ser, 64 bytes behind the header of its block", () => {
  const writer = createWriter();
  const file = { compatible: "memfd-v2", data: 0x1_2345_7000n, token: 0xfedc_ba98_7654_3210n };
  writeBlockChain(writer, fileLayout, [(fields) => writeFile(fields, file)]);
  expect(
    hexFields(writer.store.page(start)!, [
      ["next", 8],
      ["count", 8],
      ["compatible", 48],
      ["data", 8],
      ["token", 8],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  next                 00 00 00 00 00 00 00 00
    0008  count                01 00 00 00 00 00 00 00
    0010  compatible           6d 65 6d 66 64 2d 76 32 00*40
    0040  data                 00 70 45 23 01 00 00 00
    0048  token                10 32 54 76 98 ba dc fe"
  `);
});

test("[LUO-13] struct luo_flb_header_ser and struct luo_flb_ser", () => {
  const bytes = page();
  writeFlbs(bytes, [{ compatible: "pci-v1", data: 0x1_2345_8000n, count: 4 }]);
  expect(
    hexFields(bytes, [
      ["pgcnt", 8],
      ["count", 8],
      ["name", 48],
      ["data", 8],
      ["count of files", 8],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  pgcnt                01 00 00 00 00 00 00 00
    0008  count                01 00 00 00 00 00 00 00
    0010  name                 70 63 69 2d 76 31 00*42
    0040  data                 00 80 45 23 01 00 00 00
    0048  count of files       04 00 00 00 00 00 00 00"
  `);
});

test("[MEMFD-07] [MEMFD-08] struct memfd_luo_ser with its kho_vmalloc, chunk and folio array", () => {
  const writer = createWriter();
  const folios = [
    { order: 9, frame: 0xa_bcde_fe00, index: 0, count: 1, flags: 3 },
    { order: 0, frame: 0x12345, index: 512, count: 2, flags: 0xfff },
  ];
  writeMemfd(writer, { positionBytes: 1234n, sizeBytes: 514 * 4096 - 1, seals: 6, flags: 0, folios });
  expect(
    hexFields(writer.store.page(start)!, [
      ["pos", 8],
      ["size", 8],
      ["seals", 4],
      ["flags", 4],
      ["nr_folios", 8],
      ["vmalloc first", 8],
      ["vmalloc total_pages", 4],
      ["vmalloc flags", 2],
      ["vmalloc order", 2],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  pos                  d2 04 00 00 00 00 00 00
    0008  size                 ff 1f 20 00 00 00 00 00
    0010  seals                06 00 00 00
    0014  flags                00 00 00 00
    0018  nr_folios            03 00 00 00 00 00 00 00
    0020  vmalloc first        00 20 00 00 01 00 00 00
    0028  vmalloc total_pages  01 00 00 00
    002c  vmalloc flags        01 00
    002e  vmalloc order        00 00"
  `);
  expect(
    hexFields(writer.store.page(start + 4096)!, [
      ["pfn:52, flags:12", 8],
      ["index", 8],
      ["pfn:52, flags:12", 8],
      ["index", 8],
      ["pfn:52, flags:12", 8],
      ["index", 8],
      ["end", 16],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  pfn:52, flags:12     00 fe de bc 0a 00 30 00
    0008  index                00 00 00 00 00 00 00 00
    0010  pfn:52, flags:12     45 23 01 00 00 00 f0 ff
    0018  index                00 02 00 00 00 00 00 00
    0020  pfn:52, flags:12     46 23 01 00 00 00 f0 ff
    0028  index                01 02 00 00 00 00 00 00
    0030  end                  00 00*15"
  `);
  expect(
    hexFields(writer.store.page(start + 2 * 4096)!, [
      ["next", 8],
      ["phys[0]", 8],
      ["phys[1]", 8],
    ]),
  ).toMatchInlineSnapshot(`
    "0000  next                 00 00 00 00 00 00 00 00
    0008  phys[0]              00 10 00 00 01 00 00 00
    0010  phys[1]              00 00 00 00 00 00 00 00"
  `);
});

test("[KHO-15] [MEMFD-02] 511 addresses fill a chunk, and an empty one follows", () => {
  const writer = createWriter();
  const pages = Array.from({ length: 511 }, (_, index) => 0x4000_0000 + index * 4096);
  const descriptor = writeVmalloc(writer, pages);
  expect(descriptor).toEqual({ firstChunkAddress: start, totalPages: 511, flags: 1, order: 0 });
  const [first, second] = [start, start + 4096].map((address) => writer.store.page(address)!);
  expect(new FieldReader(first!).u52()).toBe(start + 4096);
  expect(new FieldReader(first!, 4088).u52()).toBe(pages[510]);
  expect(second!.every((byte) => byte === 0)).toBe(true);
});

test("names that are no UTF-8 come back byte by byte", () => {
  const bytes = Uint8Array.of(0x76, 0xff, 0x80, 0xe9, 0x6d);
  expect(decodeText(bytes)).toBe("v\udcff\udc80\udce9m");
  expect(encodeText(decodeText(bytes))).toEqual(bytes);
  expect(decodeText(encodeText("\ufeffété"))).toBe("\ufeffété");
});
