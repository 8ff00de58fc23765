// In place of wechaty-puppet-service.
export class PuppetServer {}
export class PuppetService {}
export default PuppetService
