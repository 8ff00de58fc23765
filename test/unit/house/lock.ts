/** What is wrong with a lock file: a package that is refused, a second copy, a foreign address, a loose version. */
export interface Refused {
  name: string
  below?: string
  versions?: string[]
  reason: string
}

export interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

interface Locked {
  /** What it really is, where its folder is called otherwise. */
  name?: string
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  hasInstallScript?: boolean
  optional?: boolean
  deprecated?: string
}

export interface Lock {
  packages: Record<string, Locked>
}

/** Two copies of these would not understand each other's connections and ids. */
const ONE_COPY = ['mongodb', 'bson']
/** One version, or a stand-in of our own. */
const PINNED = /^\d+\.\d+\.\d+$|^file:stubs\//
const REGISTRY = 'https://registry.npmjs.org/'

const nameOf = (path: string): string => path.split('node_modules/').at(-1) ?? path
const isBelow = (version: string, limit: string): boolean => version.localeCompare(limit, 'en', { numeric: true }) < 0

const refuses = ({ name, below, versions }: Refused, found: string, version: string): boolean =>
  name === found && (versions ? versions.includes(version) : below === undefined || isBelow(version, below))

/** `mayRange`: direct dependencies whose range is another's, by name. */
export function problemsOf(
  lock: Lock,
  manifest: Manifest,
  refused: readonly Refused[],
  mayRange: Record<string, string>,
): string[] {
  // What is ours comes with the repository: a link, and the folder that it leads to.
  const installed = Object.entries(lock.packages).filter(([path, { link }]) => path.includes('node_modules/') && !link)
  const single = installed.flatMap(([path, one]): string[] => {
    const { version = '', resolved, integrity, hasInstallScript, optional, deprecated } = one
    const name = one.name ?? nameOf(path)
    const because = refused.find((entry) => refuses(entry, name, version))
    return [
      ...(because ? [`${name} ${version} is refused: ${because.reason}`] : []),
      ...(deprecated ? [`${name} ${version} is deprecated: ${deprecated}`] : []),
      ...(resolved && !resolved.startsWith(REGISTRY) ? [`${name} comes from ${new URL(resolved).host}`] : []),
      ...(integrity?.startsWith('sha512-') ? [] : [`${name} has no checksum`]),
      // esbuild's only checks what npm has done; anything else would be a stranger's program at installation.
      ...(hasInstallScript && !optional && name !== 'esbuild' ? [`${name} runs a script when it is installed`] : []),
    ]
  })
  const copies = ONE_COPY.flatMap((name) => {
    const count = installed.filter(([path]) => nameOf(path) === name).length
    return count === 1 ? [] : [`${name} is there ${count} times`]
  })
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([name, wanted]) => !PINNED.test(wanted) && mayRange[name] !== wanted)
    .map(([name, wanted]) => `${name} is not pinned: ${wanted}`)
  return [...single, ...copies, ...loose]
}
