// Runs a plugin that was built for wasm32-wasi: node --no-warnings run.mjs hello.wasm
//
// The plugin gets the three standard streams and nothing else: no files, no environment, no network.
// `process` is the global one on purpose: importing node:process would make stdin non-blocking.

import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const file = process.argv[2];
const module = await WebAssembly.compile(readFileSync(file));
const wasi = new WASI({ version: 'preview1', args: [file, ...process.argv.slice(3)], returnOnExit: true });
const imports = { wasi_snapshot_preview1: wasi.wasiImport };
process.exitCode = wasi.start(await WebAssembly.instantiate(module, imports));
