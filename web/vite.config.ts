/** Build of the console, and its development server, which passes the API on to a running `agentiq serve`. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.AGENTIQ_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  build: {
    target: "es2023",
    // Inlined assets would be `data:` URLs, which the content security policy does not allow.
    assetsInlineLimit: 0,
    // One operator keeps the console open all day: one file, cached by its hash, beats many.
    chunkSizeWarningLimit: 900,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: server }, "/health": { target: server } } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
