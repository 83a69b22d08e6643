/** Who may import whom: docs/decisions/0005-who-imports-whom.md. */
module.exports = {
  forbidden: [
    {
      name: 'interface-stands-alone',
      comment: 'The contracts depend on nothing, so that every package can depend on them.',
      severity: 'error',
      from: { path: '^packages/interface/src/' },
      to: { pathNot: '^packages/interface/src/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'interface-is-all-they-know',
      comment: 'The core, the codecs, the suites and the adapters meet in the contracts only.',
      severity: 'error',
      from: { path: '^packages/(core|codecs|conformance|storage-[^/]+|kafka-[^/]+)/src/' },
      to: { path: '^(packages|apps)/', pathNot: ['^packages/interface/', '^packages/$1/'] },
    },
    {
      name: 'programs-choose-adapters',
      comment: 'No library pulls an adapter in: the program that uses it does.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: '^packages/system-tests/' },
      to: { path: '^packages/(storage|kafka)-', pathNot: '^packages/$1/' },
    },
    {
      name: 'other-packages-by-name-only',
      comment: 'A relative path that leaves a package goes round its exports.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/(src|test)/' },
      to: { pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: { pathNot: '/test/' },
      to: { circular: true },
    },
    {
      // A part of a test that is handed the whole may name its type.
      name: 'no-cycle-in-tests',
      severity: 'error',
      from: { path: '/test/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'src-knows-no-test',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: { path: '^(packages|apps)/[^/]+/test/' },
    },
    {
      name: 'src-runs-without-dev-dependencies',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '^packages/system-tests/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '/\\.cache/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@goka/source', 'import', 'types', 'node', 'default'],
    },
  },
}
