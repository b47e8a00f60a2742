/** A stand-in for the API: each test says what it answers. Base: `http://localhost:3000/api`. */
import { setupServer } from 'msw/node';

export const server = setupServer();
export const API = 'http://localhost:3000/api';
