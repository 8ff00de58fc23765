/** Before `npm start`: a build is there, or is made where the tools for it are. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (!existsSync('dist/src/main.js')) {
  if (!existsSync('node_modules/typescript')) {
    process.stderr.write(
      'dist/ is missing and this installation has no compiler: run npm ci && npm run build, then start again.\n',
    )
    process.exit(1)
  }
  const { status } = spawnSync('npm', ['run', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' })
  process.exit(status ?? 1)
}
