// Package identity is the emulator's managed identity: the token endpoint of
// the App Service protocol, and the check of the tokens it gave out.
package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// Errors of Verify.
var (
	ErrInvalid  = errors.New("the access token is invalid")
	ErrExpired  = errors.New("the access token has expired")
	ErrAudience = errors.New("the access token has been obtained for the wrong audience or resource")
)

// Issuer gives out and checks bearer tokens. They look like JSON web tokens and
// prove nothing: all emulators of one tenant sign alike, because Azure's client
// library keeps one cache of tokens for a whole process, in which a test may
// well start several emulators.
type Issuer struct {
	Tenant   string
	Lifetime time.Duration
	Vault    *journal.Vault
	Now      func() time.Time
}

type claims struct {
	Audience string `json:"aud"`
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	Tenant   string `json:"tid"`
	Object   string `json:"oid"`
	Client   string `json:"appid"`
	Unique   string `json:"uti"`
}

// Issue returns a token for a resource and the time it expires.
func (i *Issuer) Issue(resource, client string) (string, time.Time, error) {
	now := i.Now().UTC()
	expires := now.Add(i.Lifetime).Truncate(time.Second)
	header, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "HS256"})
	if err != nil {
		return "", time.Time{}, err
	}
	payload, err := json.Marshal(claims{
		Audience: resource, Issuer: "https://sts.windows.net/" + i.Tenant + "/",
		IssuedAt: now.Unix(), Expires: expires.Unix(), Tenant: i.Tenant,
		Object: uuid.NewSHA1(uuid.NameSpaceOID, []byte("identity "+client)).String(), Client: client, Unique: uuid.NewString(),
	})
	if err != nil {
		return "", time.Time{}, err
	}
	signed := encode(header) + "." + encode(payload)
	token := signed + "." + encode(i.sign(signed))
	i.Vault.Add("token", resource, token)
	return token, expires, nil
}

// Verify checks a token and that it was issued for one of audiences.
func (i *Issuer) Verify(token string, audiences []string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ErrInvalid
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, i.sign(parts[0]+"."+parts[1])) {
		return ErrInvalid
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ErrInvalid
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return ErrInvalid
	}
	if !i.Now().Before(time.Unix(c.Expires, 0)) {
		return ErrExpired
	}
	if !slices.Contains(audiences, strings.TrimSuffix(c.Audience, "/")) {
		return ErrAudience
	}
	return nil
}

func (i *Issuer) sign(text string) []byte {
	mac := hmac.New(sha256.New, []byte("emulator of "+i.Tenant))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
