import { defineConfig } from 'vitest/config';

/**
 * Two projects: `suites` run side by side; `faults` restart engines under everybody's feet and so run one file at a
 * time after all the others. Decorators are compiled by Vite's own transform; the settings are stated here because
 * tests lie outside every tsconfig `include`. `@lockstep/source` lets tests run on the libraries' sources.
 */
export default defineConfig({
  oxc: {
    decorator: { legacy: true, emitDecoratorMetadata: true },
    typescript: { removeClassFieldsWithoutInitializer: true },
    assumptions: { setPublicClassFields: true },
  },
  ssr: { resolve: { conditions: ['@lockstep/source'] } },
  test: {
    globalSetup: ['tests/embedded-engines.ts', 'tests/bundled-services.ts'],
    // Limits for hangs, above every wait within a test, which says what it waits for: a busy machine is no fault.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    teardownTimeout: 120_000,
    // Files of one worker share the modules that the first of them loaded: loading them anew took a tenth of a whole run.
    isolate: false,
    retry: 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'suites',
          include: [
            'apps/**/src/**/*.test.ts',
            'libs/**/src/**/*.test.ts',
            'tests/**/*.test.ts',
            'bench/**/*.test.mjs',
          ],
          exclude: ['tests/faults/**', '**/node_modules/**', '**/dist/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
