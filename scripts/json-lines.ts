/** Files with a JSON object a line: labelled sentences, questions. */
import { z } from 'zod'

/** @throws Error with every line that isn't one: file, line, what is wrong; at most twenty */
export function parseLines<S extends z.ZodType>(schema: S, file: string, text: string): z.output<S>[] {
  const problems: string[] = []
  const lines = text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [schema.parse(JSON.parse(line))]
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : 'is not JSON'
      problems.push(`${file}:${at + 1} ${why}`)
      return []
    }
  })
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'))
  return lines
}
