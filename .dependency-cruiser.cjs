/** The house rules between rooms; `npm run boundaries` holds them. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Cycles pass in tests and die compiled.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contracts-import-nothing-of-ours',
      severity: 'error',
      from: { path: '^libs/contracts/' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/contracts/' },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'an-app-never-imports-another',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/($1|shop-simulator)/' },
    },
    {
      name: 'only-tests-and-demonstrations-use-the-simulator',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '(\\.(test|fixture)\\.ts$|^apps/(standalone|shop-simulator)/)' },
      to: { path: '^apps/shop-simulator/' },
    },
    {
      name: 'standalone-takes-apps-at-their-definition',
      severity: 'error',
      from: { path: '^apps/standalone/' },
      to: { path: '^apps/(?!standalone/)[^/]+/src/(?![^/]+\\.service\\.ts$)' },
    },
    {
      name: 'packages-at-their-root',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: '^libs/$2/' },
    },
    {
      name: 'tests-use-packages-at-their-root',
      severity: 'error',
      from: { path: '^(tests|bench)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)' },
    },
    {
      name: 'never-what-was-compiled',
      severity: 'error',
      comment:
        'A path into dist goes around the rules above and sees an old build. A *.fixture.mjs runs the compiled service.',
      from: { pathNot: '\\.fixture\\.mjs$' },
      to: { path: '^(apps|libs)/[^/]+/dist/' },
    },
    {
      name: 'production-never-imports-testing',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '(\\.(test|conformance|fixture)\\.ts$|^libs/testing/)' },
      to: { path: '^libs/testing/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@lockstep/source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
