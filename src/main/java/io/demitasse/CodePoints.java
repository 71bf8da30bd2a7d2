package io.demitasse;

/**
 * Turns places in a String into numbers of Unicode code points, which is what Hugging Face's clients count. Places asked
 * for in rising order cost one walk through the text together.
 */
final class CodePoints {

    private final String text;
    private int place;
    private int count;

    CodePoints(String text) {
        this.text = text;
    }

    /** How many code points stand before a place. */
    int before(int index) {
        if (index < place) {
            place = 0;
            count = 0;
        }
        count += text.codePointCount(place, index);
        place = index;
        return count;
    }
}
