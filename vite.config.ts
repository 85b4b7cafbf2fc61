import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const root = fileURLToPath(new URL("./src/console", import.meta.url));

/** Builds the browser's side: hashed files, nothing inline, nothing from outside. */
export default defineConfig({
  root,
  base: "/",
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("./dist/console", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    rollupOptions: { input: { index: `${root}/index.html`, desk: `${root}/desk.html`, crew: `${root}/crew.html` } },
  },
});
