// Runs a program that was built for wasm32-wasi: node --no-warnings run.mjs PROGRAM
// `process` is the global one on purpose: importing node:process would make stdin non-blocking.

import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const file = process.argv[2];
const wasi = new WASI({ version: 'preview1', args: [file], returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(file));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport }));
