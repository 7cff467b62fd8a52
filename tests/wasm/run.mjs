// Runs a test program that was built for WebAssembly, each of its tests in a fresh instance.
//
//   node tests/wasm/run.mjs PROGRAM.wasm [NUMBER]
//
// Exit status: 0, 1 where a test failed, 77 where this runtime lacks an instruction of the program.
import {readFileSync} from 'node:fs';
import {WASI} from 'node:wasi';

const SKIPPED = 77;
const PAST_THE_LAST = 2;
const [file, only] = process.argv.slice(2);

let module;
try {
  module = new WebAssembly.Module(readFileSync(file));
} catch (error) {
  if (!(error instanceof WebAssembly.CompileError)) throw error;
  console.log(`skipped: ${file}: ${error.message}`);
  process.exit(SKIPPED);
}

async function run(number) {
  const wasi = new WASI({version: 'preview1', env: {LODE_TEST: String(number)}, returnOnExit: true});
  const host = {now: () => performance.now() / 1000, progress: () => 0};
  const instance = await WebAssembly.instantiate(module, {...wasi.getImportObject(), lode: host});
  try {
    return wasi.start(instance);
  } catch (error) {
    console.log(error.stack);
    return 1;
  }
}

let failed = 0;
if (only !== undefined) {
  failed = (await run(only)) !== 0;
} else {
  for (let number = 0; ; number++) {
    const status = await run(number);
    if (status === PAST_THE_LAST) break;
    if (status !== 0 && status !== SKIPPED) {
      console.log(`[FAILED] test ${number}`);
      failed++;
    }
  }
}
process.exit(failed ? 1 : 0);
