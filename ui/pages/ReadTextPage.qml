// A text that the citizen agrees to, in full, on sheets.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ReadTextContent shown: view as ReadTextContent
    title: shown.title
    lead: shown.lead
    Turning {
        id: sheets
        anchors.fill: parent
        of: page.view
        Repeater {
            model: page.shown.paragraphs
            Item {
                id: block
                required property string modelData
                readonly property bool tied: true
                width: sheets.blockWidth
                height: words.height + 24
                Label {
                    id: words
                    x: Theme.inset
                    y: 12
                    width: parent.width - 2 * x
                    text: block.modelData
                    lineHeight: 1.05
                }
            }
        }
    }
}
