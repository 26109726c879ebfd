// Makes a fixture of an image of memory: an ELF64 core of the handover's own pages, compressed.
//   node scripts/make-kho-fixture.ts IMAGE OUT.elf.gz
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { pageBytes } from "../src/base/index.ts";
import { openImage, readFromImage } from "../src/image/index.ts";
import { makeElfCore } from "../test/kit/elf-core.ts";

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) throw new Error("usage: make-kho-fixture.ts IMAGE OUT.elf.gz");
const image = openImage(source);
try {
  const { pages } = await readFromImage(image, new AbortController().signal);
  const core = makeElfCore([...pages.keys()].map((address) => ({ address, bytes: image.page(address)! })));
  const packed = gzipSync(core, { level: 9 });
  writeFileSync(target, packed);
  process.stdout.write(`${target}: ${pages.size} pages of ${pageBytes} bytes in ${packed.length} bytes\n`);
} finally {
  image.close();
}
