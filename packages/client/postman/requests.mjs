// What more than one folder sends.

export const LOGIN = {
  operationId: 'login',
  auth: 'none',
  body: { username: '{{username}}', password: '{{password}}' },
};

export const YOUNGEST = { operationId: 'listCustomers', query: { n: 5 } };

export const refresh = (variable) => ({
  operationId: 'refresh',
  auth: 'none',
  body: { refresh_token: `{{${variable}}}` },
});
