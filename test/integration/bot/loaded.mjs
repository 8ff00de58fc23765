// Says on stderr what of Wechaty a process loads.
import { register } from 'node:module'

const hook = `
export async function load(url, context, next) {
  const name = /node_modules\\/(wechaty[^/]*|file-box)\\//.exec(url)?.[1]
  if (name) process.stderr.write('LOADED ' + name + '\\n')
  return next(url, context)
}`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
