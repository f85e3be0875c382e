/** The house rules between rooms; `npm run boundaries` holds them. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', comment: 'Cycles pass in tests and die compiled.', from: {}, to: { circular: true } },
    { name: 'contracts-import-nothing-of-ours', severity: 'error', from: { path: '^libs/contracts/' }, to: { path: '^(libs|apps)/', pathNot: '^libs/contracts/' } },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    { name: 'an-app-never-imports-another', severity: 'error', from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' }, to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' } },
    { name: 'packages-at-their-root', severity: 'error', from: { path: '^(apps|libs)/([^/]+)/' }, to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: '^libs/$2/' } },
    { name: 'production-never-imports-testing', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '(\\.test\\.ts$|^libs/testing/|^apps/standalone/)' }, to: { path: '^libs/testing/' } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@lockstep/source', 'import', 'require', 'node', 'default', 'types'] },
  },
};
