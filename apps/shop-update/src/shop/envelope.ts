import type { ShopCall } from '../queue/shop-call.js';
import type { Settings } from '../shop-config/settings.js';

/** The body of a call: who is calling, then what for. Both carry the id of the request, as text. */
export function toEnvelope(
  { id, method, params }: Pick<ShopCall, 'id' | 'method' | 'params'>,
  { username, password }: Pick<Settings, 'username' | 'password'>,
): string {
  const auth = { api: 1, method: 'auth', params: { username: username ?? '', password: password ?? '' }, id };
  return JSON.stringify([auth, { api: 1, method, params, id }]);
}
