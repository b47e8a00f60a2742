interface ImportMetaEnv {
  /** Address of the API, such as `http://localhost:8080/api`. */
  readonly REACT_APP_API_URL?: string;
}
