// Made by scripts/build-proto.mjs from proto/*.proto; do not edit.

/** All messages and services of `proto/` as protobufjs JSON, for `fromJSON` of `@grpc/proto-loader`. */
export const descriptor: object = {
  nested: {
    grpc: {
      nested: {
        health: {
          nested: {
            v1: {
              nested: {
                Health: {
                  methods: {
                    Check: {
                      requestType: "HealthCheckRequest",
                      responseType: "HealthCheckResponse",
                    },
                    List: {
                      requestType: "HealthListRequest",
                      responseType: "HealthListResponse",
                    },
                    Watch: {
                      requestType: "HealthCheckRequest",
                      responseType: "HealthCheckResponse",
                      responseStream: true,
                    },
                  },
                },
                HealthCheckRequest: {
                  fields: {
                    service: {
                      type: "string",
                      id: 1,
                    },
                  },
                },
                HealthCheckResponse: {
                  fields: {
                    status: {
                      type: "ServingStatus",
                      id: 1,
                    },
                  },
                  nested: {
                    ServingStatus: {
                      values: {
                        UNKNOWN: 0,
                        SERVING: 1,
                        NOT_SERVING: 2,
                        SERVICE_UNKNOWN: 3,
                      },
                    },
                  },
                },
                HealthListRequest: {
                  fields: {},
                },
                HealthListResponse: {
                  fields: {
                    statuses: {
                      keyType: "string",
                      type: "HealthCheckResponse",
                      id: 1,
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    inference: {
      nested: {
        GRPCInferenceService: {
          methods: {
            ServerLive: {
              requestType: "ServerLiveRequest",
              responseType: "ServerLiveResponse",
            },
            ServerReady: {
              requestType: "ServerReadyRequest",
              responseType: "ServerReadyResponse",
            },
            ModelReady: {
              requestType: "ModelReadyRequest",
              responseType: "ModelReadyResponse",
            },
          },
        },
        ServerLiveRequest: {
          fields: {},
        },
        ServerLiveResponse: {
          fields: {
            live: {
              type: "bool",
              id: 1,
            },
          },
        },
        ServerReadyRequest: {
          fields: {},
        },
        ServerReadyResponse: {
          fields: {
            ready: {
              type: "bool",
              id: 1,
            },
          },
        },
        ModelReadyRequest: {
          fields: {
            name: {
              type: "string",
              id: 1,
            },
            version: {
              type: "string",
              id: 2,
            },
          },
        },
        ModelReadyResponse: {
          fields: {
            ready: {
              type: "bool",
              id: 1,
            },
          },
        },
      },
    },
  },
};
