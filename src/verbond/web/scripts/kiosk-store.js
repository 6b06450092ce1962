// What a kiosk keeps on its device: sheets until the server has them, and how far its lots are. Sheets lie
// under keys by lot, with no moment beside them, so that nothing tells which came first.
const asked = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result);
  request.onerror = () => bad(request.error);
});
const done = (act) => new Promise((good, bad) => {
  act.oncomplete = () => good();
  act.onabort = act.onerror = () => bad(act.error);
});

// A UUID (version 4); not randomUUID, which insecure pages lack.
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const below = (n) => crypto.getRandomValues(new Uint32Array(1))[0] % n;

function byLot(list) {
  for (let n = list.length - 1; n > 0; n--) {
    const other = below(n + 1);
    [list[n], list[other]] = [list[other], list[n]];
  }
  return list;
}

export class Store {
  static async open(name) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("sheets", { keyPath: "key" });
      request.result.createObjectStore("lots");
    };
    const store = new Store();
    store.base = await asked(request);
    navigator.storage?.persist?.().catch(() => {});
    return store;
  }

  // When this is over, the sheet is on the disk.
  async keep(sheet) {
    const act = this.base.transaction("sheets", "readwrite", { durability: "strict" });
    act.objectStore("sheets").put(sheet);
    await done(act);
  }

  waiting() { return asked(this.base.transaction("sheets").objectStore("sheets").count()); }

  // Send what waits, in an order by lot; what the server has is forgotten here.
  // Gives the status that stopped it: 200 where all went, 0 where there is no connection.
  async send(address, told = () => {}) {
    const all = await asked(this.base.transaction("sheets").objectStore("sheets").getAllKeys());
    for (const key of byLot(all)) {
      const sheet = await asked(this.base.transaction("sheets").objectStore("sheets").get(key));
      if (!sheet) continue;
      const status = await post(address, sheet, told);
      if (status !== 200) return status;
      const act = this.base.transaction("sheets", "readwrite", { durability: "strict" });
      act.objectStore("sheets").delete(key);
      await done(act);
    }
    return 200;
  }

  // The next of an order, which consists of blocks; each device and stratum begins at a block by lot.
  async deal(name, order, block) {
    const act = this.base.transaction("lots", "readwrite");
    const kept = act.objectStore("lots");
    const at = (await asked(kept.get(name))) ?? block * below(order.length / block);
    kept.put((at + 1) % order.length, name);
    await done(act);
    return order[at % order.length];
  }
}

async function post(address, sheet, told) {
  try {
    const answer = await fetch(address, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sheet),
      signal: AbortSignal.timeout(20000),
    });
    if (answer.ok) told(await answer.json());
    return answer.ok ? 200 : answer.status;
  } catch {
    return 0;
  }
}
