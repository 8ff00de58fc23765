/** The last rung installs its database: once, whole, and again when it broke. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageIndex, python } from './package-index.ts'
import { alive, answers, type Ladder, ladder, type Run, until } from './support.ts'

const INSTALLED = [
  'making a Python environment for the database …',
  'downloading SecantusDB==0.7.0b3 …',
  'database installed',
]

/** A machine with Python and nothing else. */
function bare(): Ladder {
  const machine = ladder()
  machine.borrow('python3', python ?? '')
  return machine
}
const daemonOf = ({ folder }: Ladder) => join(folder, '.cache/secantus/bin/secantusd-py')
const said = ({ words }: Run) => words().split('\n')

async function stop({ child, exit }: Run): Promise<void> {
  child.kill('SIGTERM')
  await exit
}

// Each environment takes seconds to make, more on a busy machine.
describe.skipIf(!python)('the installed database', { timeout: 240_000 }, () => {
  test('is there after one start, is told about while it comes, and is used by the next start', async () => {
    const machine = bare()
    const slow = await packageIndex(machine.folder, () => new Promise((done) => setTimeout(done, 11_000)))
    const first = machine.run(slow)
    expect(await answers(await first.uri())).toBe(true)
    expect(said(first)).toEqual(expect.arrayContaining(INSTALLED))
    expect(first.words()).toMatch(/still downloading SecantusDB==0\.7\.0b3 \(1\d s\)/)
    await stop(first)
    expect(readFileSync(daemonOf(machine), 'utf8').split('\n')[0]).toBe(
      `#!${join(machine.folder, '.cache/secantus/bin/python')}`,
    )

    const second = machine.run()
    expect(await answers(await second.uri())).toBe(true)
    expect(said(second)).toEqual(['starting secantusd-py', ''])
  })

  test('two installs at once end with one good environment', async () => {
    const machine = bare()
    // Both are past every look at what is there before either of them finishes.
    let downloads = 0
    const both = () => until(() => downloads === 2, 60_000)
    const index = await packageIndex(machine.folder, () => {
      downloads += 1
      return both()
    })
    const runs = ['one', 'two'].map((name) => machine.run({ ...index, DATA_DIR: name }))
    const home = join(machine.folder, '.cache/secantus')
    await until(() => existsSync(home), 120_000)
    const { ino } = statSync(home)
    const addresses = await Promise.all(runs.map(({ uri }) => uri()))
    expect(await Promise.all(addresses.map(answers))).toEqual([true, true])
    // The first one stays: a process may be running from it.
    expect(statSync(home).ino).toBe(ino)
    expect(downloads).toBe(2)
    expect(readdirSync(join(machine.folder, '.cache'))).toEqual(['secantus'])
  })

  test('is replaced when it is broken, however it broke', async () => {
    const machine = bare()
    const index = await packageIndex(machine.folder)
    const home = join(machine.folder, '.cache/secantus')
    const breaks: [string, () => void][] = [
      ['only its folder was made', () => mkdirSync(join(home, 'lib'), { recursive: true })],
      [
        'its interpreter is gone',
        () => {
          rmSync(join(home, 'bin/python3'))
          symlinkSync('/gone/python3', join(home, 'bin/python3'))
        },
      ],
      [
        'the project was moved',
        () => {
          const text = readFileSync(daemonOf(machine), 'utf8')
          writeFileSync(daemonOf(machine), text.replace(/^#!.*/, '#!/another/place/.cache/secantus/bin/python'))
        },
      ],
      ['half of it is missing', () => rmSync(join(home, 'lib'), { recursive: true })],
    ]
    for (const [how, damage] of breaks) {
      damage()
      // What an install that was killed has left, of a process that is long gone.
      mkdirSync(join(machine.folder, '.cache/secantus-999999999'))
      const run = machine.run(index)
      expect(await answers(await run.uri()), how).toBe(true)
      expect(said(run), how).toEqual(expect.arrayContaining(INSTALLED))
      await stop(run)
      expect(readdirSync(join(machine.folder, '.cache')), how).toEqual(['secantus'])
    }
  })

  test('a signal in the middle of it leaves neither a process nor half of it', async () => {
    const machine = bare()
    let asked = false
    const index = await packageIndex(machine.folder, () => {
      asked = true
      return new Promise(() => undefined)
    })
    const { child, exit } = machine.run(index)
    await until(() => asked, 60_000)
    expect(readdirSync(join(machine.folder, '.cache'))).toEqual([`secantus-${child.pid}`])
    child.kill('SIGTERM')
    expect((await exit).code).toBe(143)
    expect(readdirSync(join(machine.folder, '.cache'))).toEqual([])
    await until(() => processesIn(machine.folder).length === 0, 5_000)
  })

  test('a package that cannot be had is named, with the other ways out', async () => {
    const machine = bare()
    const { exit, words } = machine.run({ PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '0' })
    expect((await exit).code).toBe(1)
    expect(words()).toContain('- installed secantusd-py: pip could not install SecantusDB==0.7.0b3: ')
    expect(words()).toContain('set MONGODB_URI')
    expect(readdirSync(join(machine.folder, '.cache'))).toEqual([])
  })
})

/** Running processes whose command line names the folder. */
function processesIn(folder: string): string[] {
  if (!existsSync('/proc/self')) return []
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || !alive(Number(pid))) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}
