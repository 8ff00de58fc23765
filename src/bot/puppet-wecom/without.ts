/** What customer service has no form of: groups, friend requests, tags, moments. Whoever asks is told so. */
import { Puppet, throwUnsupportedError } from 'wechaty-puppet'

const no = (): never => throwUnsupportedError()

/** A puppet of single conversations. */
export abstract class ConversationPuppet extends Puppet {
  override contactSelfQRCode = async (): Promise<string> => no()
  override contactSelfName = async (): Promise<void> => no()
  override contactSelfSignature = async (): Promise<void> => no()
  override contactAlias = async () => no()
  override contactPhone = async () => no()
  override contactAvatar = async () => no()
  override contactCorporationRemark = async (): Promise<void> => no()
  override contactDescription = async (): Promise<void> => no()
  override conversationReadMark = async (): Promise<void> => undefined

  override roomRawPayload = async () => no()
  override roomRawPayloadParser = async () => no()
  override roomList = async (): Promise<string[]> => []
  override roomDel = async (): Promise<void> => no()
  override roomAvatar = async () => no()
  override roomAdd = async (): Promise<void> => no()
  override roomTopic = async () => no()
  override roomCreate = async (): Promise<string> => no()
  override roomQuit = async (): Promise<void> => no()
  override roomQRCode = async (): Promise<string> => no()
  override roomMemberList = async (): Promise<string[]> => []
  override roomMemberRawPayload = async () => no()
  override roomMemberRawPayloadParser = async () => no()
  override roomAnnounce = async () => no()
  override roomInvitationAccept = async (): Promise<void> => no()
  override roomInvitationRawPayload = async () => no()
  override roomInvitationRawPayloadParser = async () => no()

  override friendshipRawPayload = async () => no()
  override friendshipRawPayloadParser = async () => no()
  override friendshipSearchPhone = async (): Promise<string | null> => null
  override friendshipSearchWeixin = async (): Promise<string | null> => null
  override friendshipAdd = async (): Promise<void> => no()
  override friendshipAccept = async (): Promise<void> => no()

  override tagContactAdd = async (): Promise<void> => no()
  override tagContactRemove = async (): Promise<void> => no()
  override tagContactDelete = async (): Promise<void> => no()
  override tagContactList = async (): Promise<string[]> => []

  override postRawPayload = async () => no()
  override postRawPayloadParser = async () => no()
  override postPublish = async () => no()
  override postSearch = async () => ({ response: [] })
  override tap = async () => no()
  override tapSearch = async () => ({ response: {} })
}
