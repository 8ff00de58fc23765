/** WXML and WXS through WeChat's own old compiler: what it takes, every phone takes. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FOLDERS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'mac', win32: 'windows' }

/** What the compiler says against the templates of a program; a line each. */
export function refusedTemplates(root = 'miniprogram'): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(wxml|wxs)$/.test(name) && !/(node_modules|miniprogram_npm)/.test(name))
    .map((name) => `./${name.replaceAll('\\', '/')}`)
  const folder = FOLDERS[process.platform]
  if (!folder || files.length === 0) return []
  const scratch = mkdtempSync(join(tmpdir(), 'aftercare-wcc-'))
  try {
    // The package comes without the right to be run.
    const compiler = join(scratch, process.platform === 'win32' ? 'wcc.exe' : 'wcc')
    copyFileSync(
      join('node_modules/miniprogram-compiler/bin', folder, folder === 'windows' ? 'wcc.exe' : 'wcc'),
      compiler,
    )
    chmodSync(compiler, 0o755)
    const { status, stderr, error } = spawnSync(compiler, ['-d', ...files], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    if (error) return [`the template compiler does not run: ${error.message}`]
    const said = stderr.split('\n').filter((line) => line.trim() !== '')
    return status === 0 ? said : [...said, `the template compiler ended with ${status}`]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
