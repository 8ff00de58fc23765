/** `npm run db:native`: builds the Rust edition of the stand-in database into `.cache/`, 3–10 times as fast as the Python one. */
import { spawnSync } from 'node:child_process'
import { findOnPath } from './db/daemon.ts'

if (!findOnPath('cargo')) {
  process.stderr.write('cargo is not on the PATH: install Rust (https://rustup.rs), then run this again.\n')
  process.exit(1)
}
process.stderr.write('building SecantusDB with cargo; this takes six to seven minutes\n')
const { status } = spawnSync(
  'cargo',
  ['install', 'secantus-mdb', '--version', '0.5.3-beta.196', '--ignore-rust-version', '--root', '.cache'],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
