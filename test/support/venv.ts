/** Programs in Python that tests drive. */
import { type Environment, ensureVenv, NoPythonError } from '../../scripts/db/venv.ts'

/** The folder of the environment, made if need be; null where this machine has no Python. @throws Error as `ensureVenv` */
export async function venvOrNull(environment: Environment): Promise<string | null> {
  try {
    return await ensureVenv(environment, (line) => process.stderr.write(`${line}\n`))
  } catch (error) {
    if (error instanceof NoPythonError) return null
    throw error
  }
}
