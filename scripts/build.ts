/** `npm run build`: compiles the server to `dist/`; incremental, so an unchanged tree costs a look. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const { status } = spawnSync(
  process.execPath,
  [join('node_modules', 'typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
