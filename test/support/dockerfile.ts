/** Reads a Dockerfile and plays its steps in plain folders: what an image would hold, where no Docker runs. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

export interface Step {
  op: string
  args: string
}

export interface Stage {
  from: string
  name: string | null
  steps: Step[]
}

export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const match = /^([A-Z]+)\s+(.+)$/.exec(line.trim())
    if (!match?.[1] || !match[2]) continue
    const [, op, args] = match
    const from = op === 'FROM' ? /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(args) : null
    if (from?.[1]) stages.push({ from: from[1], name: from[2] ?? null, steps: [] })
    else stages.at(-1)?.steps.push({ op, args })
  }
  return stages
}

/** The command of `CMD [...]` or `HEALTHCHECK … CMD [...]`. */
export const commandOf = ({ args }: Step): string[] => JSON.parse(args.slice(args.indexOf('['))) as string[]
export const stepsOf = ({ steps }: Stage, op: string): Step[] => steps.filter((step) => step.op === op)

/** Does the build context leave this path out? The last line of `.dockerignore` that speaks of it or a folder above it decides. */
export function ignores(dockerignore: string, path: string): boolean {
  const rules = dockerignore.split('\n').flatMap((line) => {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) return []
    const pattern = text.replace(/^!/, '').replace(/\/$/, '')
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/(\*\*\/)|\*/g, (_, folders) => (folders ? '(?:.*/)?' : '[^/]*'))
    return [{ keeps: text.startsWith('!'), matches: new RegExp(`^${source}(?:/.*)?$`) }]
  })
  return !(rules.findLast(({ matches }) => matches.test(path))?.keeps ?? true)
}

/** Paths of all files below a folder; of a file, the empty one. */
function filesOf(root: string): string[] {
  if (!statSync(root).isDirectory()) return ['']
  return readdirSync(root).flatMap((name) => filesOf(join(root, name)).map((file) => join(name, file)))
}

const WORKDIR = '/app'

interface Played {
  /** Where the stage's WORKDIR lies on this machine. */
  folder: string
  env: Record<string, string>
}

/** Plays every stage below `root`. `env` is added to what RUN steps see. @throws Error with the words of a step that failed */
export function play(stages: readonly Stage[], context: string, root: string, env: NodeJS.ProcessEnv): Played {
  const dockerignore = readFileSync(join(context, '.dockerignore'), 'utf8')
  const played = new Map<string, Played>()
  const playedBefore = (name: string): string => {
    const stage = played.get(name)
    if (!stage) throw new Error(`there is no stage ${name}`)
    return stage.folder
  }
  let last: Played | null = null
  for (const [i, { name, steps }] of stages.entries()) {
    const image = join(root, `stage-${i}`)
    const stage: Played = { folder: image, env: {} }
    for (const step of steps) playStep(step, stage)
    played.set(name ?? String(i), stage)
    last = stage

    function playStep({ op, args }: Step, { env: own }: Played): void {
      if (op === 'WORKDIR') {
        stage.folder = join(image, args)
        mkdirSync(stage.folder, { recursive: true })
      } else if (op === 'ENV') {
        for (const [, key = '', value = ''] of args.matchAll(/(\w+)=(\S+)/g)) own[key] = value
      } else if (op === 'COPY') copy(args)
      // What it asks of the system would change this machine's own.
      else if (op === 'RUN' && !args.startsWith('apt-get ')) {
        const run = spawnSync('sh', ['-c', args], { cwd: stage.folder, env: { ...env, ...own }, encoding: 'utf8' })
        if (run.status !== 0) throw new Error(`RUN ${args}\n${run.stdout}${run.stderr}`)
      }
    }

    function copy(args: string): void {
      const other = /^--from=(\S+)\s+(.*)$/.exec(args)
      const paths = (other?.[2] ?? args).split(/\s+/)
      const target = paths.pop() ?? '.'
      for (const path of paths) {
        // Absolute in the other image: the same folder seen from its WORKDIR.
        const source = other ? join(playedBefore(other[1] ?? ''), relative(WORKDIR, path)) : join(context, path)
        const isFolder = statSync(source).isDirectory()
        const to = join(stage.folder, target, !isFolder && target.endsWith('/') ? basename(path) : '')
        for (const file of filesOf(source)) {
          if (!other && ignores(dockerignore, join(path, file))) continue
          mkdirSync(dirname(join(to, file)), { recursive: true })
          cpSync(join(source, file), join(to, file))
        }
      }
    }
  }
  if (!last) throw new Error('the Dockerfile has no stage')
  return last
}
