import { connect, type Socket } from "node:net";

/** A TCP connection whose answers a test waits for. */
export class RawSocket {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tell();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#tell();
    });
  }

  static open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new RawSocket(socket)));
      socket.once("error", reject);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  #tell(): void {
    for (const wake of this.#waiting) wake();
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Takes what `read` finds in the bytes so far; waits until it finds something. Null when the peer ends before. */
  take<T>(read: (bytes: Buffer) => { readonly value: T; readonly bytes: number } | null): Promise<T | null> {
    return new Promise((resolve) => {
      const look = () => {
        const found = read(this.#received);
        if (!found && !this.#closed) return;
        this.#waiting.delete(look);
        if (found) this.#received = this.#received.subarray(found.bytes);
        resolve(found ? found.value : null);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves when the peer has ended the connection. */
  async ended(): Promise<void> {
    await this.take(() => null);
  }

  end(): void {
    this.socket.destroy();
  }
}
