/** The clinic's server has one address in the world; in this phone the simulator passes on to it what is sent there. */
const ROUTES: [RegExp, string][] = [
  [/^\/api\/mp\//, '/mp-api/'],
  [/^\/p\//, '/mp-site/p/'],
]

/** An address of the clinic's server as the simulator knows it; any other stays. */
export function addressInPhone(address: string): string {
  const { pathname, search } = new URL(address, location.href)
  for (const [start, passed] of ROUTES) if (start.test(pathname)) return pathname.replace(start, passed) + search
  return address
}

let fileAddress: (path: string) => Promise<string> = () => Promise.resolve('')
export function nameFiles(address: (path: string) => Promise<string>): void {
  fileAddress = address
}

export const isLastingFile = (path: string): boolean => path.startsWith('wxfile:')
/** Where the browser finds a lasting file of the phone; '' where there is none. */
export const addressOfFile = (path: string): Promise<string> => fileAddress(path)
