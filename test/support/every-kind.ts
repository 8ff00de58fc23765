/** The shipped configuration with a survey that has every kind of question, for the servers of one test file. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Call it before a server starts; it is taken back when the file is over. */
export function withEveryKind(): void {
  const config = mkdtempSync(join(tmpdir(), 'aftercare-config-'))
  cpSync('config', config, { recursive: true })
  cpSync('test/fixtures/every-kind.yaml', join(config, 'surveys/every_kind.yaml'))
  process.env.CONFIG_DIR = config
  afterAll(() => {
    delete process.env.CONFIG_DIR
    rmSync(config, { recursive: true, force: true })
  })
}
