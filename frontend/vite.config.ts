import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // the original's name for the address of the API
  envPrefix: ['VITE_', 'REACT_APP_'],
  server: { port: 3000, strictPort: true, proxy: { '/api': 'http://localhost:8080' } },
  build: {
    target: 'es2022',
    // the CSP allows no `data:` but for images, and inlined modules would need it
    assetsInlineLimit: 0,
    manifest: true,
  },
  test: {
    environment: 'jsdom',
    globals: true,
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
  },
});
