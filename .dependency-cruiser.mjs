/** The architecture as rules. Each comment is written to the person who trips over it. */
const RECORDS = 'staff|customers|treatments|photos|knowledge|membership|privacy'
const MEANS = 'messaging|tasks'
const JOURNEYS = 'care|relations|surveys|complaints|recommendations|bot'
const EDGES = 'wecom|wechat'

/** Nothing of `from` may import `to`. */
const never = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^src/(${from})/` },
  to: { path: `^src/(${to})/` },
})

export default {
  forbidden: [
    {
      name: 'features-meet-at-index',
      severity: 'error',
      comment:
        "That file is private to its room. Import the room's index.ts, or ask its owner to export what you need.",
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/', pathNot: ['^src/$1/', '^src/platform/', '^src/[^/]+/index[.]ts$'] },
    },
    {
      name: 'platform-knows-no-feature',
      severity: 'error',
      comment: 'The platform serves every room and knows none. Pass what you need in from app.ts.',
      from: { path: '^src/platform/' },
      to: { path: '^src/(?!platform/)' },
    },
    never(
      'edges-know-no-rooms',
      EDGES,
      `${RECORDS}|${MEANS}|${JOURNEYS}|analytics`,
      'A vendor edge translates; it does not decide. Let the room that needs it call the edge.',
    ),
    never(
      'records-are-below',
      RECORDS,
      `${MEANS}|${JOURNEYS}|analytics`,
      'Records are facts: they publish events and do not know who listens.',
    ),
    never(
      'means-are-below-journeys',
      MEANS,
      `${JOURNEYS}|analytics`,
      'Messages and tasks are means. A journey hands its listener in, or subscribes to an event.',
    ),
    {
      name: 'journeys-do-not-meet',
      severity: 'error',
      comment: 'Journeys meet through events. Publish what happened; the other one subscribes.',
      from: { path: `^src/(${JOURNEYS})/` },
      to: { path: `^src/(${JOURNEYS})/`, pathNot: ['^src/$1/'] },
    },
    never(
      'nobody-reads-analytics',
      `${EDGES}|${RECORDS}|${MEANS}|${JOURNEYS}`,
      'analytics',
      'Analytics reads everybody and is read by nobody: a figure must not steer a promise.',
    ),
    {
      name: 'nobody-needs-imports',
      severity: 'error',
      comment:
        'Imports bring old data in through the rooms’ doors. A room must not depend on where its data came from.',
      from: { path: '^src/', pathNot: ['^src/imports/', '^src/app[.]ts$'] },
      to: { path: '^src/imports/' },
    },
    {
      name: 'mongoose-lives-in-models',
      severity: 'error',
      comment: 'Queries live in model.ts, so that a rule can be read without a database.',
      from: { path: '^src/', pathNot: ['/model[.]ts$', '^src/platform/'] },
      to: { path: 'node_modules/mongoose', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'koa-lives-at-the-edge',
      severity: 'error',
      comment: 'A room states its routes as data (routes.ts). Only the HTTP server and the callbacks see a request.',
      from: { path: '^src/', pathNot: [`^src/(platform|${EDGES})/`, '^src/app[.]ts$'] },
      to: { path: 'node_modules/(koa|koa-[^/]+|@koa/[^/]+)/' },
    },
    {
      name: 'production-needs-no-dev-dependency',
      severity: 'error',
      comment: 'The image is installed without devDependencies. Move the package to dependencies, or do without it.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'simulator-shares-no-logic',
      severity: 'error',
      comment: 'The simulator must be able to disagree with the server: it may share wire types and nothing else.',
      from: { path: '^simulator/' },
      to: { path: '^src/', pathNot: ['^src/(wecom|wechat)/wire[.]ts$'] },
    },
    {
      name: 'auditor-stands-alone',
      severity: 'error',
      comment:
        "The auditor judges both sides: it reads neither the server, nor the configuration, nor the simulator's APIs.",
      from: { path: '^simulator/audit/' },
      to: { path: '^(src|config|scripts)/|^simulator/(api|people)/' },
    },
    {
      name: 'server-knows-no-test-world',
      severity: 'error',
      comment: 'What runs in production must not need the simulator, a script or a test.',
      from: { path: '^src/' },
      to: { path: '^(simulator|scripts|test)/' },
    },
    {
      name: 'leads-somewhere',
      severity: 'error',
      comment: 'This import is found nowhere, so no other rule can judge it.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A circle has no first room to understand. Move what both need below both.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      // Without these most packages are not found, and a rule about them finds nothing.
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'require', 'types'],
    },
  },
}
