import { fileURLToPath } from "node:url";

/**
 * Where threads find their code compiled. Without it every thread that loads TypeScript brings a WebAssembly module to strip
 * its types, which doubles the time it takes to start, and at the thread's end now and then takes the process down with it
 * (V8 loses count of its code pages: "jit_page.has_value()", https://github.com/nodejs/node/issues/64500). A folder of our own:
 * what lies in a shared one could be anybody's code.
 */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../../node_modules/.cache/kerbside", import.meta.url));
