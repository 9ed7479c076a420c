/* clock.c - the two clocks, RFC 3339 times and durations. */
#include <tasklab/base/clock.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include <tasklab/base/attr.h>

#define S_PER_DAY  INT64_C(86400)
#define US_PER_DAY (S_PER_DAY * CLOCK_US_PER_S)
#define FIRST_US   INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define LAST_US    INT64_C(253402300799999999) /* 9999-12-31T23:59:59.999999Z */

int64_t clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

int64_t clock_real_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

int clock_poll_ms(int64_t deadline_ns)
{
	int64_t left_ns, left_ms;

	if (deadline_ns == CLOCK_NEVER)
		return -1;
	if (__builtin_sub_overflow(deadline_ns, clock_mono_ns(), &left_ns) || left_ns <= 0)
		return 0;
	left_ms = (left_ns - 1) / CLOCK_NS_PER_MS + 1;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

void clock_sleep_until(int64_t mono_ns)
{
	struct timespec ts = {.tv_sec = mono_ns / CLOCK_NS_PER_S,
			      .tv_nsec = mono_ns % CLOCK_NS_PER_S};

	if (mono_ns <= 0)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* Days since 1970 of a proleptic Gregorian date. Years begin in March, so that the leap day is the
 * last: the method of Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400; /* year >= 1, so y >= 0 */
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t z = days + 719468; /* since 0000-03-01; not negative for years >= 1 */
	int64_t era = z / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

static void put_digits(char *out, int64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

void clock_format_rfc3339(int64_t unix_us, char out[CLOCK_RFC3339_SIZE])
{
	int64_t days, us, s, year, month, day;

	if (unix_us < FIRST_US)
		unix_us = FIRST_US;
	if (unix_us > LAST_US)
		unix_us = LAST_US;
	days = unix_us / US_PER_DAY;
	us = unix_us % US_PER_DAY;
	if (us < 0) {
		us += US_PER_DAY;
		days--;
	}
	s = us / CLOCK_US_PER_S;
	civil_from_days(days, &year, &month, &day);
	memcpy(out, "0000-00-00T00:00:00.000000Z", CLOCK_RFC3339_SIZE);
	put_digits(out, year, 4);
	put_digits(out + 5, month, 2);
	put_digits(out + 8, day, 2);
	put_digits(out + 11, s / 3600, 2);
	put_digits(out + 14, s / 60 % 60, 2);
	put_digits(out + 17, s % 60, 2);
	put_digits(out + 20, us % CLOCK_US_PER_S, 6);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads exactly n digits within [min, max] and moves *text past them. */
static bool take_digits(const char **text, int n, int64_t min, int64_t max, int64_t *ret)
{
	int64_t value = 0;

	for (int i = 0; i < n; i++) {
		if (!is_digit((*text)[i]))
			return false;
		value = value * 10 + ((*text)[i] - '0');
	}
	*text += n;
	*ret = value;
	return value >= min && value <= max;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool take_fraction(const char **text, int64_t *us)
{
	int n = 0;

	*us = 0;
	if (!take_char(text, '.'))
		return true;
	for (; is_digit(**text); (*text)++, n++) {
		if (n < 6)
			*us = *us * 10 + (**text - '0');
	}
	for (int i = n; i < 6; i++)
		*us *= 10;
	return n >= 1 && n <= 9;
}

static bool take_offset(const char **text, int64_t *offset_s)
{
	int64_t hours, minutes, sign;

	*offset_s = 0;
	if (take_char(text, 'Z') || take_char(text, 'z'))
		return true;
	if (**text != '+' && **text != '-')
		return false;
	sign = **text == '-' ? -1 : 1;
	(*text)++;
	if (!take_digits(text, 2, 0, 23, &hours) || !take_char(text, ':') ||
	    !take_digits(text, 2, 0, 59, &minutes))
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool parse_rfc3339(const char *at, int64_t *unix_us)
{
	int64_t year, month, day, hour, minute, second, us, offset_s, unix_s;

	if (!take_digits(&at, 4, 1, 9999, &year) || !take_char(&at, '-') ||
	    !take_digits(&at, 2, 1, 12, &month) || !take_char(&at, '-') ||
	    !take_digits(&at, 2, 1, days_in_month(year, month), &day))
		return false;
	if (!take_char(&at, 'T') && !take_char(&at, 't'))
		return false;
	if (!take_digits(&at, 2, 0, 23, &hour) || !take_char(&at, ':') ||
	    !take_digits(&at, 2, 0, 59, &minute) || !take_char(&at, ':') ||
	    !take_digits(&at, 2, 0, 60, &second))
		return false;
	if (!take_fraction(&at, &us) || !take_offset(&at, &offset_s) || *at != '\0')
		return false;
	unix_s = days_from_civil(year, month, day) * S_PER_DAY + hour * 3600 + minute * 60 +
		 second - offset_s;
	if (second == 60 && unix_s % S_PER_DAY != 0) /* a leap second ends a day of UTC */
		return false;
	*unix_us = unix_s * CLOCK_US_PER_S + us;
	return *unix_us >= FIRST_US && *unix_us <= LAST_US;
}

int clock_parse_rfc3339(const char *text, int64_t *unix_us, struct err *err)
{
	int64_t us;

	if (!parse_rfc3339(text, &us))
		return err_set(err, ERR_INVALID,
			       "expected an RFC 3339 time such as 2026-11-21T09:52:29Z",
			       "not a time: %.64s", text);
	*unix_us = us;
	return 0;
}

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{"d", 86400 * CLOCK_NS_PER_S}, {"h", 3600 * CLOCK_NS_PER_S}, {"m", 60 * CLOCK_NS_PER_S},
	{"s", CLOCK_NS_PER_S},         {"ms", CLOCK_NS_PER_MS},      {"us", 1000},
};

/* The unit that stands at text, from position first on: units come in falling order. */
static size_t find_unit(const char *text, size_t first)
{
	size_t len = strspn(text, "dhmsu");

	for (size_t i = first; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) == len && memcmp(text, units[i].name, len) == 0)
			return i;
	}
	return ARRAY_LEN(units);
}

static bool parse_duration(const char *at, int64_t *ret)
{
	int64_t total = 0;
	size_t first = 0;

	do {
		int64_t value = 0, part;
		size_t unit = 3; /* bare: seconds */

		if (!is_digit(*at))
			return false;
		for (; is_digit(*at); at++) {
			if (__builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, *at - '0', &value))
				return false;
		}
		if (*at != '\0' || first > 0)
			unit = find_unit(at, first);
		if (unit == ARRAY_LEN(units))
			return false;
		at += *at != '\0' ? strlen(units[unit].name) : 0;
		first = unit + 1;
		if (__builtin_mul_overflow(value, units[unit].ns, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
	} while (*at != '\0');
	*ret = total;
	return total > 0;
}

int clock_parse_duration(const char *text, int64_t *ns, struct err *err)
{
	int64_t value;

	if (!parse_duration(text, &value))
		return err_set(err, ERR_INVALID,
			       "expected a duration such as 250ms, 90s, 5m or 1h30m",
			       "not a duration: %.64s", text);
	*ns = value;
	return 0;
}
