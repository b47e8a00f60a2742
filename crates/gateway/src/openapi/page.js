'use strict';
// no validator: it would be another host's
SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null, displayRequestDuration: true });
