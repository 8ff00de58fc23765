/** The stand-in database as it is started here answers as it comes; where it isn't installed another one is used anyway. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const python = resolve('.cache/secantus/bin/python')

test.skipIf(!existsSync(python))(
  'what the launcher puts in the place of the stand-in’s own parts answers as they do',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'aftercare-launcher-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const said = execFileSync(
      python,
      ['test/integration/database/same_answers.py', 'scripts/db/secantusd.py', folder],
      {
        encoding: 'utf8',
      },
    )
    expect(said).toBe('the same\n')
  },
)
