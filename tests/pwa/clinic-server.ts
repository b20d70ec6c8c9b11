/**
 * A stand-in for the clinic's server, over real HTTP on the loopback: it takes each item once, and
 * fails as networks and servers do when told to.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Item, ItemResult, PhoneState, SyncRequest } from '../../pwa/src/wire';
import { phoneState } from './builders';

export type Fault =
  | 'lost request' | 'lost answer' | 'broken' | 'portal' | 'odd json' | 'not enrolled' | null;

export class ClinicServer {
  readonly stored = new Map<string, { content: string; receivedAt: string }>();
  readonly conflicts: Item[] = [];
  readonly requests: SyncRequest[] = [];
  readonly other: { method: string; path: string; body: unknown }[] = [];
  /** Asked for each request; null is a server that works. */
  fault: () => Fault = () => null;
  /** Why an item is refused; null takes it. */
  refuse: (item: Item) => string | null = () => null;
  /** Whether the server refuses the whole request, with 422. */
  refuseAll: (request: SyncRequest) => boolean = () => false;
  state: PhoneState = phoneState();
  /** The server's clock: ahead of the machine's by so much. */
  aheadMilliseconds = 0;
  busy = 0;
  mostBusy = 0;
  delayMilliseconds = 0;
  #server: Server | null = null;

  async start(): Promise<string> {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((ready) => this.#server!.listen(0, '127.0.0.1', ready));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done));
  }

  items(): Item[] {
    return [...this.stored.values()].map(({ content }) => JSON.parse(content) as Item);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += part;
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    if (this.delayMilliseconds) await new Promise((done) => setTimeout(done, this.delayMilliseconds));
    this.busy -= 1;
    const fault = this.fault();
    if (fault === 'lost request') return void request.socket.destroy();
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (fault === 'broken') return send(503, '<h1>Service unavailable</h1>');
    if (fault === 'portal') return send(200, '<h1>Welcome to the hotel</h1>');
    if (fault === 'odd json') return send(200, { welcome: 'to the hotel' });
    if (fault === 'not enrolled') return send(401, { error: { code: 'not_enrolled', message: 'Enrol.' } });
    if (!request.url!.endsWith('/sync')) {
      this.other.push({ method: request.method!, path: request.url!, body: JSON.parse(text) });
      if (fault === 'lost answer') return void request.socket.destroy();
      if (request.method === 'DELETE') return send(200, { enrolled: false });
      const code = (JSON.parse(text) as { code?: string }).code;
      if (code === 'WRONG') return send(422, { error: { code: 'code_unknown', message: 'Check it.' } });
      return send(201, { server_at: this.#now(), state: this.state });
    }
    const body = JSON.parse(text) as SyncRequest;
    this.requests.push(body);
    if (this.refuseAll(body)) return send(422, { error: { code: 'invalid', message: 'no' } });
    const results = body.items.map((item) => this.#take(item));
    if (fault === 'lost answer') return void request.socket.destroy();
    send(200, { server_at: this.#now(), results, state: this.state });
  }

  #take(item: Item): ItemResult {
    const result = { id: item.id, reason: null, message: null, received_at: null };
    const reason = this.refuse(item);
    if (reason) return { ...result, outcome: 'rejected', reason, message: `refused: ${reason}` };
    const content = JSON.stringify(item);
    const there = this.stored.get(item.id);
    if (there && there.content !== content) {
      this.conflicts.push(item);
      return { ...result, outcome: 'conflict', message: 'differs', received_at: there.receivedAt };
    }
    if (!there) this.stored.set(item.id, { content, receivedAt: this.#now() });
    const receivedAt = this.stored.get(item.id)!.receivedAt;
    return { ...result, outcome: there ? 'duplicate' : 'stored', received_at: receivedAt };
  }

  #now(): string {
    return new Date(Date.now() + this.aheadMilliseconds).toISOString();
  }
}
