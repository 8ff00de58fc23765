/** Gives a conversation to a colleague in WeCom itself: what the customer writes from then on is theirs. */
import type { CustomersService } from '../customers/index.ts'
import type { MessagingService } from '../messaging/index.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { isVendorError, type WecomClient } from '../wecom/index.ts'
import type { HandedOver } from './acts.ts'
import { stepIdOf } from './line.ts'

export interface HandOverDeps {
  accountId: string
  messaging: Pick<MessagingService, 'outcome' | 'outboxId'>
  customers: Pick<CustomersService, 'get'>
  wecom: Pick<WecomClient, 'kfTransServiceState'>
  log: Log
}

/** Served by people. */
const WITH_PERSON = 3

/**
 * Safe to repeat. False where WeCom refuses: the task and its card are there all the same, but not everybody is on duty in the chat.
 * @throws AppError upstream/message_in_flight: the answer hasn't gone yet; a colleague's conversation would refuse it
 */
export async function handOver(
  { accountId, messaging, customers, wecom, log }: HandOverDeps,
  { customerId, messageId, userId }: HandedOver,
): Promise<boolean> {
  const answer = messaging.outboxId(stepIdOf(messageId), 0, 'customer')
  if ((await messaging.outcome(answer)) === 'open')
    throw new AppError('upstream', 'message_in_flight', { outboxId: answer }, { retryable: true })
  const [externalUserId] = (await customers.get(customerId))?.externalUserIds ?? []
  if (externalUserId === undefined) return false
  try {
    await wecom.kfTransServiceState({
      openKfId: accountId,
      externalUserId,
      state: WITH_PERSON,
      servicerUserId: userId,
    })
    return true
  } catch (error) {
    if (!isVendorError(error) || error.retryable) throw error
    log.warn({ messageId, errcode: error.errcode }, 'the conversation stays with the assistant; the task is given')
    return false
  }
}
