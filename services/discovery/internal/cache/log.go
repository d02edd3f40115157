package cache

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogTo has the client tell its own troubles, such as dials that failed, in the service's log and form.
func LogTo(log *slog.Logger) {
	redis.SetLogger(clientLog{log})
}

type clientLog struct{ log *slog.Logger }

// Printf takes a line of the client's; it says them of what the service handles and counts itself.
func (c clientLog) Printf(ctx context.Context, format string, values ...any) {
	c.log.WarnContext(ctx, "redis client", "error", fmt.Sprintf(format, values...))
}
