/** Pictures that wait for a connection: in the browser's own database, because they are too large for anything else. */

const DATABASE = "kerbside";
const STORE = "pictures";
const inMemory = new Map<string, Blob>();

function open(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    // A private window may have none: then a picture lives as long as the page.
    request.onerror = () => resolve(null);
  });
}

async function within<T>(mode: IDBTransactionMode, run: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  const database = await open();
  if (!database) return null;
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = run(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export async function keepBlob(key: string, blob: Blob): Promise<void> {
  inMemory.set(key, blob);
  await within("readwrite", (store) => store.put(blob, key)).catch(() => null);
}

export async function findBlob(key: string): Promise<Blob | null> {
  return (
    inMemory.get(key) ??
    (await within<Blob | undefined>("readonly", (store) => store.get(key)).catch(() => null)) ??
    null
  );
}

export async function forgetBlob(key: string): Promise<void> {
  inMemory.delete(key);
  await within("readwrite", (store) => store.delete(key)).catch(() => null);
}
