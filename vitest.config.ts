import { defineConfig } from 'vitest/config';

/**
 * One configuration for every suite. Decorators are compiled by Vite's own transform; the settings are stated here
 * because tests lie outside every tsconfig `include`. `@lockstep/source` lets tests run on the libraries' sources.
 */
export default defineConfig({
  oxc: {
    decorator: { legacy: true, emitDecoratorMetadata: true },
    typescript: { removeClassFieldsWithoutInitializer: true },
    assumptions: { setPublicClassFields: true },
  },
  ssr: { resolve: { conditions: ['@lockstep/source'] } },
  test: {
    include: ['apps/**/src/**/*.test.ts', 'libs/**/src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    maxWorkers: 2,
    retry: 0,
  },
});
